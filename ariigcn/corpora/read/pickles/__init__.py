"""Pickles of others as data: a decoder of a few opcodes, run in a process with bounds."""
