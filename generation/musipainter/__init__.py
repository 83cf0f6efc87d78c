"""The Musipainter model family: frozen audio encoder, trained embedder, image backbone. Pure torch, no Django.

One training loop, one set of losses, one checkpoint format and one pipeline serve every preset (`presets`); what
differs between presets are the frozen parts behind the protocols `audio_encoder.AudioEncoder` and `backbone.Backbone`.
"""
