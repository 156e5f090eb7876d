"""The words of the demo corpus: English subtitles by topic, and the made-up language that is spoken.

The topic must not be heard, or sound alone would tell what only text shall tell. So the speakers
talk in pseudo-words, as in corpora of acted prosody, and the text is their subtitle.
"""

import re

import numpy as np

SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstv" for vowel in "aeiou"]
SLOT = re.compile(r"\{(\w+)\}")

FILLERS = {
    "who": "my sister,my brother,our neighbour,Anna,Peter,my cousin,Maria,my uncle,Tom,Grandma,"
    "my best friend,Julia",
    "when": "today,this morning,last night,yesterday,on Sunday,just now,an hour ago,this week",
    "win": "the lottery,first prize,the gold medal,the big race,the final,the song contest,"
    "two concert tickets,a free holiday,the scholarship,the championship",
    "gift": "a puppy,a new bicycle,flowers,a birthday cake,a guitar,a surprise party,"
    "a trip to Paris,a beautiful present,a kitten,a diamond ring",
    "event": "the wedding,the baby,the engagement,the birthday party,the summer holiday,"
    "the graduation,the anniversary,the honeymoon",
    "harm": "a car crash,a heart attack,a bad fall,a stroke,a deadly accident,cancer,"
    "a terrible fever,pneumonia,a broken spine,a snake bite",
    "disaster": "fire,flood,earthquake,storm,hurricane,landslide,explosion,avalanche",
    "place": "house,village,hospital,school,farm,forest,bridge,harbour,old church,barn",
    "dear": "grandfather,old dog,aunt,best friend,little cat,father,teacher,grandmother",
    "paper": "report,invoice,contract,spreadsheet,budget,timetable,application form,tax file,"
    "agenda,expense claim,parking permit,monthly statement",
    "office": "accounting,the manager,the front office,the landlord,customer service,"
    "the committee,human resources,the supplier,the council,the billing department",
    "rule": "parking rules,meeting room list,holiday policy,working hours,printer settings,"
    "filing system,delivery terms,cleaning rota",
    "day": "Monday,Tuesday,Wednesday,Thursday,Friday,the first,the fifteenth",
}

TEMPLATES = {
    "good": (
        "{who} won {win} {when}.",
        "We have won {win}.",
        "{who} gave me {gift} {when}.",
        "{who} and I won {win}.",
        "Look, I got {gift} from {who}.",
        "They gave {who} {gift} for {event}.",
        "{who} told me the happy news about {event}.",
        "Everybody loved {event} {when}.",
        "{who} is engaged to be married.",
        "We are invited to celebrate {event}.",
        "{who} brought {gift} to {event}.",
        "{who} is having a baby.",
    ),
    "bad": (
        "{who} had {harm} {when}.",
        "They say {who} may die of {harm}.",
        "The {disaster} destroyed the {place}.",
        "The {disaster} has reached the {place}.",
        "My {dear} died {when}.",
        "{who} was hurt in the {disaster}.",
        "The doctors cannot save my {dear}.",
        "People were killed in the {disaster} {when}.",
        "My {dear} is lost after the {disaster}.",
        "There is a dangerous {disaster} near the {place}.",
        "{who} is in hospital with {harm}.",
        "My {dear} was injured in the {place}.",
    ),
    "dispute": (
        "The {paper} is due on {day}.",
        "You signed the {paper} on {day}.",
        "The {paper} went to {office}.",
        "{office} changed the {rule} {when}.",
        "Send the {paper} back to {office}.",
        "This {paper} has the wrong date.",
        "{office} wants the {paper} by {day}.",
        "We discussed the {rule} on {day}.",
        "You moved the meeting to {day}.",
        "Page two of the {paper} is missing.",
        "{office} charged us twice for the {paper}.",
        "The {rule} start on {day}.",
    ),
    "none": (
        "Okay.",
        "I see.",
        "Right then.",
        "All right.",
        "Well, yes.",
        "Uh huh.",
        "So it is.",
        "Mm, okay.",
        "Yes, I see.",
        "Okay then.",
        "Right, right.",
        "Well then.",
    ),
}


def sentence(rng: np.random.Generator, topic: str) -> str:
    """A sentence on the topic: ``good``, ``bad``, ``dispute`` or ``none`` (a mere backchannel)."""
    template = str(rng.choice(TEMPLATES[topic]))
    text = SLOT.sub(lambda slot: str(rng.choice(FILLERS[slot[1]].split(","))), template)
    return text[0].upper() + text[1:]


def babble(rng: np.random.Generator) -> str:
    """A sentence of pseudo-words; it depends on neither topic nor emotion."""
    words = [
        "".join(rng.choice(SYLLABLES, size=rng.integers(1, 4))) for _ in range(rng.integers(4, 8))
    ]
    return " ".join(words).capitalize() + "."
