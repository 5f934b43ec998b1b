"""ClickHouse 25.8 as a process: the extension module of chdb 3.7.2 needs a Python around it, and exports the main
function of the real clickhouse-server. Started by clickhouse-server.ts and ended by a signal.
Arguments: the library, then the arguments of clickhouse-server (the first is the program's name)."""

import ctypes
import os
import sys

library, *args = sys.argv[1:]
# Else the server would fork a watchdog, and the pid that is known would not be the server's.
os.environ['CLICKHOUSE_WATCHDOG_ENABLE'] = '0'
main = ctypes.CDLL(library)['_Z25mainEntryClickHouseServeriPPc']
main.restype = ctypes.c_int
main.argtypes = [ctypes.c_int, ctypes.POINTER(ctypes.c_char_p)]
argv = (ctypes.c_char_p * (len(args) + 1))(*[arg.encode() for arg in args], None)
sys.exit(main(len(args), argv))
