package enip

// Does is what a request does; Reads if it only reads, or is unknown.
func (a *Asked) Does() Deed {
	switch a.Service {
	case GetAll, GetList, GetSingle:
		if a.Class == Identify {
			return Identifies
		}
	case SetAll, SetList, SetSingle, SetMember:
		switch a.Class {
		case TCPIP, EthernetLink, WallClock:
			return Configures
		}
		return Writes
	case Reset:
		if a.Class == Identify { // the whole device
			return Stops
		}
		return Executes
	case Start:
		return Starts
	case Stop:
		return Stops
	case Create, Delete:
		if a.Class >= 0x64 && a.Class != FileObject {
			return Programs
		}
	}
	switch {
	case a.Class == Flash && a.Service == 0x4b:
		return Updates
	case a.Class == Changes && (a.Service == 0x4b || a.Service == 0x4c):
		return Configures
	case (a.Class == Tag || a.Class == Symbol) && (a.Service == 0x4d || a.Service == 0x4e || a.Service == 0x53):
		return Writes
	}
	return Reads
}
