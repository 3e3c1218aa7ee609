"""Who plays when: parts enter, rest and come back at phrases, as in real songs."""

from training.dice import Dice
from training.music.song import Song


def arranged(dice: Dice, song: Song) -> Song:
    """The same song with parts silent for some phrases; some part always plays.

    Args:
        dice: Chance.
        song: All parts playing all the time.
    """
    if dice.chance(0.45):
        return song
    phrase = song.beats_per_bar * dice.pick((2, 4, 4, 8))
    offset = dice.whole(0, phrase)
    parts = sorted(song.programs)
    rests: dict[str, set[int]] = {part: set() for part in parts}
    n_phrases = song.n_bars * song.beats_per_bar // phrase + 2
    for n in range(n_phrases):
        resting = [part for part in parts if dice.chance(0.22)]
        if len(resting) == len(parts):
            resting = resting[1:]
        for part in resting:
            rests[part].add(n)
    notes = [note for note in song.notes if int((note.beat + offset) // phrase) not in rests[note.part]]
    return song.with_notes(notes)
