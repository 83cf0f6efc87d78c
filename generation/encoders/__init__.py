"""Joint audio-image spaces for AIS, IIS, GIILS and distribution metrics. Pure torch and numpy, no Django.

`embedded` (`generation.encoders.spaces.embedded`) needs nothing but this package and its extra `generation`; `wav2clip`
is the paper's and needs published weights. Every space follows the protocol of `generation.encoders.spaces.space`.
"""
