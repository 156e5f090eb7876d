"""From a file to sound and pictures: containers, decoding, faces."""
