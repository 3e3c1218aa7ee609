"""What is played: notes in beats, by the rules of some thirty styles."""
