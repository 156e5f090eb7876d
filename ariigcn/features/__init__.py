"""From clip to vector: encoders, the extraction that drives them, the HDF5 store."""
