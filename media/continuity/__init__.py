"""A stream goes on whatever becomes of its encoder: slates for viewers, a second encoder, the way back."""
