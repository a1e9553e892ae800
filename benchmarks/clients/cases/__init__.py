"""The cases of each client, one module a client: functions of a Target that raise when something is wrong."""
