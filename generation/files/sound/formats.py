"""Formats of sound files: what is read, what browsers play, and what a file that is not read holds instead."""

# By the names that libsndfile gives them: those whose true end can be told, so that a cut file is noticed.
SUFFIXES = {
    "WAV": ".wav",
    "WAVEX": ".wav",
    "FLAC": ".flac",
    "OGG": ".ogg",
    "MP3": ".mp3",
    "AIFF": ".aiff",
    "AU": ".au",
    "CAF": ".caf",
    "RF64": ".rf64",
    "W64": ".w64",
}
# What current browsers on desktops and phones play in an <audio> element: format -> kinds of samples.
PLAYABLE_WAV = frozenset({"PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "ALAW", "ULAW"})
PLAYABLE = {
    "WAV": PLAYABLE_WAV,
    "WAVEX": PLAYABLE_WAV,
    "FLAC": frozenset({"PCM_S8", "PCM_16", "PCM_24"}),
    "OGG": frozenset({"VORBIS", "OPUS"}),
    "MP3": frozenset({"MPEG_LAYER_III"}),
}
PLAYABLE_RATES = (8_000, 192_000)  # Hz
PLAYABLE_CHANNELS = 8
READ = "WAV, FLAC, OGG or MP3"

# What files begin with that are given to us as sound and are not read: (place, bytes, name).
MARKS = [
    (4, b"ftypM4A", "AAC or ALAC in M4A"),
    (4, b"ftypM4B", "AAC in M4B (an audio book)"),
    (4, b"ftypqt", "a QuickTime film"),
    (4, b"ftyp", "MP4 (AAC sound, or a film)"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA (Windows Media)"),
    (0, b"\x1aE\xdf\xa3", "WebM or Matroska"),
    (0, b"\xff\xf1", "an AAC stream"),
    (0, b"\xff\xf9", "an AAC stream"),
    (0, b"ADIF", "an AAC stream"),
    (0, b"wvpk", "WavPack"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"TTA1", "TTA (True Audio)"),
    (0, b"DSD ", "DSD"),
    (0, b"FRM8", "DSD"),
    (0, b"MP+", "Musepack"),
    (0, b"MPCK", "Musepack"),
    (0, b"#!AMR", "AMR (a recording of a telephone)"),
    (0, b".RMF", "RealMedia"),
    (0, b"FLV", "a Flash film"),
    (0, b"MThd", "MIDI (notes, no sound)"),
    (8, b"AVI ", "an AVI film"),
    (8, b"WEBP", "a picture (WebP)"),
    (0, b"\x89PNG", "a picture (PNG)"),
    (0, b"\xff\xd8\xff", "a picture (JPEG)"),
    (0, b"GIF8", "a picture (GIF)"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a zip file"),
    (0, b"<!DOCTYPE", "a web page"),
    (0, b"<html", "a web page"),
    (0, b"<?xml", "an XML document"),
    (0, b"OggS", "an Ogg file of a kind that is not read (a film, Speex, or damaged)"),
    (0, b"RIFF", "a WAV file of a kind that is not read, or damaged"),
    (0, b"fLaC", "a damaged FLAC file"),
    (0, b"caff", "a CAF file of a kind that is not read (AAC), or damaged"),
    (0, b"FORM", "an AIFF file of a kind that is not read, or damaged"),
]
LONGEST_MARK = max(place + len(mark) for place, mark, _ in MARKS)


def name_format(head: bytes) -> str:
    """What a file holds by its first bytes; empty where they say nothing."""
    return next((name for place, mark, name in MARKS if head[place : place + len(mark)] == mark), "")


def is_playable(kind: str, subtype: str, *, rate: int, channels: int) -> bool:
    """Whether browsers play sound of this format, kind of samples, rate (Hz) and number of channels."""
    fits = PLAYABLE_RATES[0] <= rate <= PLAYABLE_RATES[1] and channels <= PLAYABLE_CHANNELS
    return fits and subtype in PLAYABLE.get(kind, ())


def name_sound(kind: str, subtype: str, *, rate: int, channels: int) -> str:
    """Format and kind of samples; rate and channels where it is for them that browsers do not play it."""
    unusual = [
        *([] if PLAYABLE_RATES[0] <= rate <= PLAYABLE_RATES[1] else [f"at {rate:,} Hz"]),
        *([] if channels <= PLAYABLE_CHANNELS else [f"of {channels} channels"]),
    ]
    return " ".join([kind, subtype, *unusual])
