"""The routes, a module for each subject. Every route names its access class, see `identity`."""
