"""What corpora come as: tables of text, subtitles, clips' headers, pickles that nobody has to trust."""
