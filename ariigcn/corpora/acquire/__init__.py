"""From an address to a folder: files fetched, checked and unpacked."""
