"""What follows from a configuration: experiments, runs, files, and who equals whom."""
