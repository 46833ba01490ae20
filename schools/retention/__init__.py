"""How long what schools write is kept, and how it goes: the register five years, what is said of pupils fifty."""
