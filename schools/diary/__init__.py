"""The pupil's and the parents' view of the register, and excuses (usprawiedliwienia)."""
