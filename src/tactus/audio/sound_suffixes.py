"""By which names sound is known in a folder; a file that is named itself is tried whatever its name."""

SOUND_SUFFIXES = (
    *(".wav", ".wave", ".w64", ".aif", ".aiff", ".aifc", ".flac"),
    *(".mp3", ".mp2", ".m4a", ".aac", ".ogg", ".oga", ".opus"),
    *(".mp4", ".mov", ".mkv", ".mka", ".webm"),
)
"""In lower case, dot included."""
