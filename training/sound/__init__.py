"""How it sounds: time and touch of the players, instruments, voice, room and recording."""
