"""How the shipped artefact is made; nothing here is imported while requests are served."""
