"""A Modbus/TCP server on pymodbus, with values that move and a name plate.

Usage: modbus_server.py UNITS VENDOR PRODUCT REVISION NAME MODEL APPLICATION
"""
import asyncio
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import StartAsyncTcpServer


def unit(n):
    values = [(n * 131 + i * 17) % 4096 for i in range(256)]
    return ModbusSlaveContext(
        di=ModbusSequentialDataBlock(0, [i % 2 for i in range(128)]),
        co=ModbusSequentialDataBlock(0, [0] * 128),
        hr=ModbusSequentialDataBlock(0, values),
        ir=ModbusSequentialDataBlock(0, values),
    )


async def move(context, units):
    tick = 0
    while True:
        await asyncio.sleep(2)
        tick += 1
        for n in units:
            context[n].setValues(3, 0, [tick % 65536, 2300 + tick % 7, 497 + tick % 5])
            context[n].setValues(4, 0, [tick % 65536, 2300 + tick % 7, 497 + tick % 5])


async def main(count, plate):
    units = list(range(1, count + 1))
    context = ModbusServerContext(slaves={n: unit(n) for n in units}, single=False)
    identity = ModbusDeviceIdentification(info={
        0x00: plate[0], 0x01: plate[1], 0x02: plate[2],
        0x04: plate[3], 0x05: plate[4], 0x06: plate[5],
    })
    task = asyncio.create_task(move(context, units))
    await StartAsyncTcpServer(context=context, identity=identity, address=("", 502))
    await task


asyncio.run(main(int(sys.argv[1]), sys.argv[2:8]))
