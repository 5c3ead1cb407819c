"""The ASGI application, its routes and its pages."""
