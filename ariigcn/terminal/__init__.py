"""What a person sees while the workflow runs: a live view, or plain lines; results at the end."""
