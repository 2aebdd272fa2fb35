"""The network: targets in, observations out.

`local.py` puts the room together: a plan of targets goes through the executor (lanes per host), the
prober (the order of requests on one target), the gates (politeness per host) and a wire (one exchange),
whose every socket passes the vetting door.
"""
