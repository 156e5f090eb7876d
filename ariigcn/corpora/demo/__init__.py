"""The built-in corpus: short conversations with known probabilities, spoken and drawn on the spot.

``script`` samples who says what and feels how, ``texts`` holds the sentences, ``oracle`` computes
the best accuracy anyone can reach, ``voices`` and ``faces`` make the media, and ``generate`` writes
the folder and reads it back.
"""
