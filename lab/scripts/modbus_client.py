"""A Modbus/TCP client on pymodbus.

Usage: modbus_client.py HOST UNIT SECONDS identify|poll|write|coil|bad ...
Does what it is asked to, in order, over one connection, then polls for the
given number of seconds, every twelve seconds.
"""
import sys
import time

from pymodbus.client import ModbusTcpClient
from pymodbus.mei_message import ReadDeviceInformationRequest

host, unit, seconds, asked = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]


def poll(c):
    c.read_holding_registers(0, 10, slave=unit)
    c.read_input_registers(0, 4, slave=unit)
    c.read_discrete_inputs(0, 16, slave=unit)
    c.read_coils(0, 16, slave=unit)


def identify(c):
    for code in (1, 2):
        c.execute(ReadDeviceInformationRequest(code, 0, unit=unit))


def write(c):
    c.write_register(40, 1500, slave=unit)
    c.write_registers(41, [10, 20, 30], slave=unit)


def coil(c):
    c.write_coil(3, True, slave=unit)
    c.write_coils(4, [True, False, True], slave=unit)


def bad(c):
    c.read_holding_registers(9000, 4, slave=unit)


deeds = {"poll": poll, "identify": identify, "write": write, "coil": coil, "bad": bad}
client = ModbusTcpClient(host, timeout=3)
for _ in range(30):
    if client.connect():
        break
    time.sleep(1)
for what in asked:
    deeds[what](client)
    time.sleep(0.4)
end = time.time() + seconds
while time.time() < end:
    time.sleep(12)
    poll(client)
client.close()
