"""Frozen networks and sound reading that the model family and the joint spaces share. Pure torch, no Django."""
