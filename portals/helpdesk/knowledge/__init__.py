"""The knowledge base: what people can do themselves, and what agents need to know."""
