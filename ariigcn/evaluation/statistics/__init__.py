"""What seeds and dialogues allow to say: intervals, comparisons, calibration."""
