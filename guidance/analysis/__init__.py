"""What a recording shows, in words: spontaneous activity, motor units, interference pattern, nerve conduction."""
