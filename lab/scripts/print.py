"""Prints a file with CUPS's own client library.

Usage: print.py SERVER QUEUE FILE AGENT
The library's own User-Agent would name the kernel of the machine that the lab runs on.
"""
import ctypes
import sys
import time

server, queue, file, agent = (a.encode() for a in sys.argv[1:5])
cups = ctypes.CDLL("libcups.so.2")
cups.cupsSetUserAgent(agent)
cups.cupsSetServer(server)
for _ in range(6):
    if cups.cupsPrintFile(queue, file, b"Minutes", 0, None):
        break
    time.sleep(5)
