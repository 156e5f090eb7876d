"""What every stage needs and no stage owns: errors, files, logs, settings, code versions."""
