"""Lines of traffic logs, as firewalls and the systems that collect from them write them."""
