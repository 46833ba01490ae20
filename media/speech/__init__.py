"""Words of a recording: captions read from and written to files, and recognisers that make a draft of them."""
