"""The class register: held lessons and attendance."""
