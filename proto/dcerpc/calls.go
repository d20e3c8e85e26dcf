package dcerpc

import (
	"bytes"

	"tyto/tyto"
)

// A Call is one of an interface that tells what somebody is about.
type Call struct {
	Number uint16 // opnum
	Op     string // the interface's and the call's short names, as Wireshark has them
	Verb   tyto.Verb
}

// calls of an interface: its number is its place, from 1.
var interfaces = [...]struct {
	id    [16]byte // as it is in a packet that is little-endian
	calls []Call
}{
	// [MS-DRSR]: directories replicate by it, secrets of accounts too.
	{uuid(0xe3514235, 0x4b06, 0x11d1, 0xab0400c04fc2dcd2), []Call{
		{3, Replicate, tyto.Transfer}, {5, "drsuapi DsReplicaAdd", tyto.Configure}, {12, "drsuapi DsCrackNames", tyto.Browse},
		{17, "drsuapi DsAddEntry", tyto.Configure},
	}},
	// [MS-SCMR]: services.
	{uuid(0x367abb81, 0x9844, 0x35f1, 0xad3298f038001003), []Call{
		{2, "svcctl DeleteService", tyto.Configure}, {11, "svcctl ChangeServiceConfigW", tyto.Configure}, {12, "svcctl CreateServiceW", tyto.Execute},
		{14, "svcctl EnumServicesStatusW", tyto.Browse}, {19, "svcctl StartServiceW", tyto.Start}, {23, "svcctl ChangeServiceConfigA", tyto.Configure},
		{24, "svcctl CreateServiceA", tyto.Execute}, {31, "svcctl StartServiceA", tyto.Start},
	}},
	// [MS-TSCH]: tasks, in the way of Windows XP and in that of Windows Vista.
	{uuid(0x1ff70682, 0x0a51, 0x30e8, 0x076d740be8cee98b), []Call{
		{0, "atsvc JobAdd", tyto.Execute}, {1, "atsvc JobDel", tyto.Configure}, {2, "atsvc JobEnum", tyto.Browse},
	}},
	{uuid(0x86d35949, 0x83c9, 0x4044, 0xb424db363231fd0c), []Call{
		{1, "taskschedulerservice SchRpcRegisterTask", tyto.Execute}, {7, "taskschedulerservice SchRpcEnumTasks", tyto.Browse},
		{12, "taskschedulerservice SchRpcRun", tyto.Execute}, {13, "taskschedulerservice SchRpcDelete", tyto.Configure},
	}},
	// [MS-RRP]: the registry.
	{uuid(0x338cd001, 0x2244, 0x31f1, 0xaaaa900038001003), []Call{
		{6, "winreg CreateKey", tyto.Configure}, {7, "winreg DeleteKey", tyto.Configure}, {8, "winreg DeleteValue", tyto.Configure},
		{20, "winreg SaveKey", tyto.Transfer}, {22, "winreg SetValue", tyto.Configure}, {24, "winreg InitiateSystemShutdown", tyto.Stop},
		{30, "winreg InitiateSystemShutdownEx", tyto.Stop}, {31, "winreg SaveKeyEx", tyto.Transfer},
	}},
	// [MS-RSP]: shutting down.
	{uuid(0x894de0c0, 0x0d55, 0x11d3, 0xa32200c04fa321a1), []Call{
		{0, "initshutdown Init", tyto.Stop}, {2, "initshutdown InitEx", tyto.Stop},
	}},
	// [MS-SAMR]: accounts.
	{uuid(0x12345778, 0x1234, 0xabcd, 0xef000123456789ac), []Call{
		{11, "samr EnumDomainGroups", tyto.Browse}, {12, "samr CreateUser", tyto.Configure}, {13, "samr EnumDomainUsers", tyto.Browse},
		{15, "samr EnumDomainAliases", tyto.Browse}, {22, "samr AddGroupMember", tyto.Configure}, {25, "samr QueryGroupMember", tyto.Browse},
		{31, "samr AddAliasMember", tyto.Configure}, {33, "samr GetMembersInAlias", tyto.Browse}, {35, "samr DeleteUser", tyto.Configure},
		{37, "samr SetUserInfo", tyto.Configure}, {40, "samr QueryDisplayInfo", tyto.Browse}, {48, "samr QueryDisplayInfo2", tyto.Browse},
		{50, "samr CreateUser2", tyto.Configure}, {51, "samr QueryDisplayInfo3", tyto.Browse}, {58, "samr SetUserInfo2", tyto.Configure},
	}},
	// [MS-LSAD], [MS-LSAT]: policy, secrets, names.
	{uuid(0x12345778, 0x1234, 0xabcd, 0xef000123456789ab), []Call{
		{11, "lsarpc EnumAccounts", tyto.Browse}, {13, "lsarpc EnumTrustDom", tyto.Browse}, {30, "lsarpc QuerySecret", tyto.Transfer},
		{43, "lsarpc RetrievePrivateData", tyto.Transfer}, {50, "lsarpc EnumTrustedDomainsEx", tyto.Browse},
	}},
	// [MS-NRPC]: members of a domain and its controllers.
	{uuid(0x12345678, 0x1234, 0xabcd, 0xef0001234567cffb), []Call{
		{6, "netlogon NetrServerPasswordSet", tyto.Configure}, {15, Authenticate2, tyto.NoVerb}, {26, Authenticate3, tyto.NoVerb},
		{30, "netlogon NetrServerPasswordSet2", tyto.Configure},
	}},
	// [MS-SRVS] and [MS-WKST]: who shares what, and is signed in where.
	{uuid(0x4b324fc8, 0x1670, 0x01d3, 0x12785a47bf6ee188), []Call{
		{9, "srvsvc NetFileEnum", tyto.Browse}, {12, "srvsvc NetSessEnum", tyto.Browse}, {14, "srvsvc NetShareAdd", tyto.Configure},
		{15, "srvsvc NetShareEnumAll", tyto.Browse}, {18, "srvsvc NetShareDel", tyto.Configure}, {36, "srvsvc NetShareEnum", tyto.Browse},
	}},
	{uuid(0x6bffd098, 0xa112, 0x3610, 0x983346c3f87e345a), []Call{{2, "wkssvc NetWkstaEnumUsers", tyto.Browse}}},
	// [MS-RPRN]: printers. A server asks whom it is told to for changes, and shows its account.
	{uuid(0x12345678, 0x1234, 0xabcd, 0xef000123456789ab), []Call{
		{62, "spoolss RemoteFindFirstPrinterChangeNotification", tyto.Configure}, {65, "spoolss RFFPCNEX", tyto.Configure}, {89, "spoolss AddPrinterDriverEx", tyto.Configure},
	}},
	// [MS-EFSR]: encrypted files; a server opens a path that it is told, on any host, and shows its account there.
	{uuid(0xc681d488, 0xd850, 0x11d0, 0x8c5200c04fd90f7e), efs},
	{uuid(0xdf1941c5, 0xfe89, 0x4e79, 0xbf10463657acf44d), efs},
	// [MS-DFSNM] and [MS-FSRVP]: file shares; the same.
	{uuid(0x4fc742e0, 0x4a10, 0x11cf, 0x827300aa004ae673), []Call{{12, "netdfs dfs_AddStdRoot", tyto.Configure}, {13, "netdfs dfs_RemoveStdRoot", tyto.Configure}}},
	{uuid(0xa8e0653c, 0x2744, 0x4389, 0xa61d7373df8b2292), []Call{{8, "fsrvp IsPathSupported", tyto.Configure}, {9, "fsrvp IsPathShadowCopied", tyto.Configure}}},
}

var efs = []Call{
	{0, "efs EfsRpcOpenFileRaw", tyto.Configure}, {4, "efs EfsRpcEncryptFileSrv", tyto.Configure}, {5, "efs EfsRpcDecryptFileSrv", tyto.Configure},
	{6, "efs EfsRpcQueryUsersOnFile", tyto.Configure}, {7, "efs EfsRpcQueryRecoveryAgents", tyto.Configure}, {8, "efs EfsRpcRemoveUsersFromFile", tyto.Configure},
	{9, "efs EfsRpcAddUsersToFile", tyto.Configure}, {12, "efs EfsRpcFileKeyInfo", tyto.Configure},
	{13, "efs EfsRpcDuplicateEncryptionInfoFile", tyto.Configure}, {15, "efs EfsRpcAddUsersToFileEx", tyto.Configure},
}

// Replicate is how a directory is replicated; only domain controllers answer it.
const Replicate = "drsuapi DsGetNCChanges"

// The calls by which a machine signs in to a domain controller; how that went is in the answer.
const (
	Authenticate2 = "netlogon NetrServerAuthenticate2"
	Authenticate3 = "netlogon NetrServerAuthenticate3"
)

func uuid(a uint32, b, c uint16, d uint64) (id [16]byte) {
	for i := range 4 {
		id[i] = byte(a >> (8 * i))
	}
	id[4], id[5], id[6], id[7] = byte(b), byte(b>>8), byte(c), byte(c>>8)
	for i := range 8 {
		id[8+i] = byte(d >> (56 - 8*i))
	}
	return id
}

// Find is the number of an interface whose calls are known, 0 for others.
func (p *Packet) Find(id []byte) uint8 {
	if len(id) != 16 {
		return 0
	}
	var x [16]byte
	copy(x[:], id)
	if !p.Little {
		x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7] = x[3], x[2], x[1], x[0], x[5], x[4], x[7], x[6]
	}
	for i := range interfaces {
		if bytes.Equal(interfaces[i].id[:], x[:]) {
			return uint8(i + 1)
		}
	}
	return 0
}

// CallOf is a call of an interface by its number from Find; nil if it is of no interest.
func CallOf(number uint8, operation uint16) *Call {
	if number == 0 || int(number) > len(interfaces) {
		return nil
	}
	all := interfaces[number-1].calls
	for i := range all {
		if all[i].Number == operation {
			return &all[i]
		}
	}
	return nil
}
