import { taxonomy } from './taxonomy.ts'

/** Our own pictures, on a grid of 24, drawn as one stroked path each. */

const o = (x: number, y: number, r: number) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`
const box = (x: number, y: number, w: number, h: number, r = 1.5) =>
  `M${x + r} ${y}h${w - 2 * r}a${r} ${r} 0 0 1 ${r} ${r}v${h - 2 * r}a${r} ${r} 0 0 1 ${-r} ${r}h${2 * r - w}` +
  `a${r} ${r} 0 0 1 ${-r} ${-r}v${2 * r - h}a${r} ${r} 0 0 1 ${r} ${-r}z`
const dot = (x: number, y: number) => `M${x} ${y}h.01`

export const glyphs = {
  // things one can do or see
  overview: box(3, 3, 8, 10) + box(13, 3, 8, 6) + box(3, 15, 8, 6) + box(13, 11, 8, 10),
  devices: box(2.5, 5, 13, 10) + 'M6 19h6M9 15v4' + box(17, 9, 4.5, 10),
  conversations: 'M4 8h14M14.5 4.5L18 8l-3.5 3.5M20 16H6M9.5 12.5L6 16l3.5 3.5',
  sensors:
    o(12, 12, 2) +
    'M8.2 15.8a5.4 5.4 0 0 1 0-7.6M15.8 8.2a5.4 5.4 0 0 1 0 7.6M5.3 18.7a9.5 9.5 0 0 1 0-13.4M18.7 5.3a9.5 9.5 0 0 1 0 13.4',
  map: `${o(5, 6, 2.5)}${o(18.5, 8, 2.5)}${o(11, 18.5, 2.5)}M7.5 6.4l8.5 1.2M6 8.3l4 7.9M17.2 10.2l-5 6.2`,
  search: o(10.5, 10.5, 6.5) + 'M15.5 15.5L21 21',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M6 9.5l6 6 6-6',
  right: 'M9.5 6l6 6-6 6',
  up: 'M6 14.5l6-6 6 6',
  arrowUp: 'M12 19V5M6.5 10.5L12 5l5.5 5.5',
  arrowDown: 'M12 5v14M6.5 13.5L12 19l5.5-5.5',
  columns: box(3, 4, 18, 16) + 'M9 4v16M15 4v16',
  download: 'M12 4v11M7.5 10.5L12 15l4.5-4.5M4 19.5h16',
  copy: box(8, 8, 12, 12) + 'M16 8V5.5A1.5 1.5 0 0 0 14.5 4h-9A1.5 1.5 0 0 0 4 5.5v9A1.5 1.5 0 0 0 5.5 16H8',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  sun:
    o(12, 12, 4) +
    'M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  auto: `${o(12, 12, 8.5)}M12 3.5v17M12 8h5.5M12 12h8M12 16h5.5`,
  user: `${o(12, 8, 4)}M4.5 20.5c.8-4 3.8-6 7.5-6s6.7 2 7.5 6`,
  out: 'M14 4.5H6.5A1.5 1.5 0 0 0 5 6v12a1.5 1.5 0 0 0 1.5 1.5H14M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5',
  help: `${o(12, 12, 9)}M9.3 9.3a2.8 2.8 0 1 1 4 2.6c-.9.4-1.3 1-1.3 2.1${dot(12, 17)}`,
  warning: `M12 4L2.8 20h18.4zM12 10v4.5${dot(12, 17.2)}`,
  filter: 'M3.5 5h17l-6.7 8v6l-3.6-2v-4z',
  // kinds of device
  workstation: `${box(3, 4, 18, 12)}M8.5 20h7M12 16v4`,
  laptop: `${box(5, 5, 14, 10)}M2.5 19h19l-1.5-4H4z`,
  server: box(4, 3.5, 16, 7) + box(4, 13.5, 16, 7) + dot(7.5, 7) + dot(7.5, 17) + 'M12 7h5M12 17h5',
  layers: 'M12 3.5l9 5-9 5-9-5zM3.5 13L12 17.7l8.5-4.7M3.5 17L12 21.7l8.5-4.7',
  phone: `${box(7, 2.5, 10, 19, 2)}M11 18.5h2`,
  tablet: `${box(4.5, 3, 15, 18, 2)}M11 18h2`,
  watch: `${box(7, 7, 10, 10, 3)}M9 7l.7-4h4.6L15 7M9 17l.7 4h4.6l.7-4M12 10v2.2h2`,
  gamepad: `M8 7h8c4 0 5.5 4 5.5 8 0 3-2.7 3-4.5 .5L15.5 14h-7L7 15.5C5.2 18 2.5 18 2.5 15c0-4 1.5-8 5.5-8zM8.5 9v3M7 10.5h3${dot(15, 9.5)}${dot(17, 11.5)}`,
  chip: `${box(6.5, 6.5, 11, 11)}${box(10, 10, 4, 4, 0.5)}M9 3v3.5M15 3v3.5M9 17.5V21M15 17.5V21M3 9h3.5M3 15h3.5M17.5 9H21M17.5 15H21`,
  router: `${box(3, 13, 18, 7)}${dot(7, 16.5)}${dot(10.5, 16.5)}M16 13V9.5M12.9 7.4a4.4 4.4 0 0 1 6.2 0M10.7 5a7.5 7.5 0 0 1 10.6 0`,
  switch: `${box(2.5, 7.5, 19, 9)}M6 13.5v-2.5h2v2.5zM11 13.5v-2.5h2v2.5zM16 13.5v-2.5h2v2.5z`,
  ap: `${box(4, 15, 16, 5)}${dot(7.5, 17.5)}M12 15v-4M8.8 8.7a4.5 4.5 0 0 1 6.4 0M6 5.8a8.5 8.5 0 0 1 12 0`,
  firewall: `${box(3, 4.5, 18, 15)}M3 9.5h18M3 14.5h18M9 4.5v5M15 4.5v5M6 9.5v5M12 9.5v5M18 9.5v5M9 14.5v5M15 14.5v5`,
  shield: 'M12 3l8 3v5.5c0 5-3.5 8-8 9.5-4.5-1.5-8-4.5-8-9.5V6zM8.5 12l2.5 2.5 4.5-5',
  modem: `${box(3, 10, 18, 9)}${dot(7, 14.5)}${dot(10.5, 14.5)}${dot(14, 14.5)}M7 10V6a2 2 0 0 1 2-2h6`,
  balance: `${o(12, 5, 2.2)}${o(5, 19, 2.2)}${o(12, 19, 2.2)}${o(19, 19, 2.2)}M12 7.2v9.6M11 7.2L6 17M13 7.2L18 17`,
  clock: `${o(12, 12, 9)}M12 6.5V12l3.8 2.3`,
  plug: 'M9 3v5M15 3v5M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v4',
  battery: `${box(2.5, 7.5, 16.5, 9)}M21.5 10.5v3M11.5 9.3L9 12.3h3.5L10 15`,
  nas: `${box(4, 3, 16, 18, 2)}M4 9h16M4 15h16M8 6h5M8 12h5M8 18h5`,
  printer: `M7 9V3.5h10V9M7 17H4.5A1.5 1.5 0 0 1 3 15.5v-5A1.5 1.5 0 0 1 4.5 9h15a1.5 1.5 0 0 1 1.5 1.5v5a1.5 1.5 0 0 1-1.5 1.5H17M7 14h10v6.5H7z${dot(17.5, 11.7)}`,
  cube: 'M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9',
  projector: `${box(2.5, 7, 19, 10)}${o(15, 12, 2.6)}M6 10.5h4M6 13.5h2.5M6 17v2.5M18 17v2.5`,
  deskphone: `M5 8.5c0-3 3-4.5 7-4.5s7 1.5 7 4.5l-3.5 1-1-2.5h-5l-1 2.5zM7 11l-2.5 9h15L17 11${dot(10, 14)}${dot(12, 14)}${dot(14, 14)}${dot(10, 17)}${dot(12, 17)}${dot(14, 17)}`,
  camera: `M3.5 6.5l13.5 3-1.5 6-13-3zM17 10.5l4 1-.8 3-4-1M8 14v3.5H3.5M3.5 15v5${dot(6, 10)}`,
  recorder: `${box(2.5, 7, 19, 10)}${o(8, 12, 2.5)}M13.5 10.5H18M13.5 13.5H18`,
  lock: `${box(5, 10.5, 14, 10)}M8.5 10.5V7.5a3.5 3.5 0 0 1 7 0v3M12 14.5v2.5`,
  bell: 'M6 17V11a6 6 0 0 1 12 0v6l1.5 1.5h-15zM10 20.5h4',
  building: `${box(5, 3, 14, 18, 1)}M9 7h2M13 7h2M9 11h2M13 11h2M9 15h2M13 15h2M10.5 21v-2.5h3V21`,
  thermometer: 'M10 13.5V5a2 2 0 0 1 4 0v8.5a4.5 4.5 0 1 1-4 0zM12 9v8',
  fan: `${o(12, 12, 1.8)}M12 10.2C10 5 12.5 3 15 4.5s1.5 4.5-1.3 6.3M13.7 12.8c5.4-.9 6.4 2.2 4.1 4s-5 .3-5.3-2.9M10.7 13.3C7.5 17.5 4.5 16.5 4.5 13.5s3-4.2 5.7-2.5`,
  bulb: 'M9 17.5h6M10 20.5h4M9 17.5c0-2-3-3.5-3-7.5a6 6 0 0 1 12 0c0 4-3 5.5-3 7.5',
  elevator: `${box(5, 3, 14, 18, 1)}M12 3v18M8.5 10l-1.3 1.8h2.6zM15.5 14l1.3-1.8h-2.6z`,
  flame:
    'M12 21c-4 0-6.5-2.7-6.5-6.3C5.5 10 10 8.5 10 3c4 2 4 5.5 4 7.5 1-.5 1.5-1.5 1.5-2.5 2 2 3 4.3 3 6.7C18.5 18.3 16 21 12 21z',
  gauge: 'M4.5 18.5a9.5 9.5 0 1 1 15 0zM12 14.5l4-5.5M7 14.5h.01M12 8.5h.01',
  leaf: 'M5 19C4 10 9 5 20 4.5 20 15 15.5 20 7.5 18.5M5 20.5c1-4.5 4-8 9-10',
  charger:
    'M5 21V5a1.5 1.5 0 0 1 1.5-1.5h6A1.5 1.5 0 0 1 14 5v16M3.5 21h12M14 12h2.5v4.5a1.7 1.7 0 0 0 3.5 0V9l-3-3M10 7l-2 4h3l-2 4',
  solar: `M4.5 14.5h15l1.5 6H3zM9 14.5l-.8 6M15 14.5l.8 6M4 17.5h16.2${o(12, 6.5, 2.5)}M12 1.8v1M6.8 6.5h1M16.2 6.5h1`,
  tv: `${box(2.5, 5, 19, 12)}M8 20.5h8`,
  player: `${box(3, 9, 18, 7)}M10.5 11l3.5 1.5-3.5 1.5zM6 19h12`,
  speaker: `${box(6, 2.5, 12, 19, 2)}${o(12, 14.5, 3.5)}${o(12, 7, 1.2)}`,
  hub: `${o(12, 12, 3)}${o(12, 4, 1.7)}${o(5, 18, 1.7)}${o(19, 18, 1.7)}M12 9V5.7M9.7 14L6.3 16.9M14.3 14l3.4 2.9`,
  appliance: `${box(5, 2.5, 14, 19)}M5 8h14${o(12, 14.5, 3.5)}${dot(8, 5.3)}`,
  car: `M4 16.5v-4l2-5.5h12l2 5.5v4zM4 12.5h16M6 16.5v2.5M18 16.5v2.5${dot(7.5, 14.5)}${dot(16.5, 14.5)}`,
  plc: `${box(2.5, 5, 5, 14, 1)}${box(9, 5, 5.5, 14, 1)}${box(16, 5, 5.5, 14, 1)}${dot(5, 8)}M11 9h1.5M11 12h1.5M11 15h1.5M18 9h1.5M18 12h1.5M18 15h1.5`,
  relay: `${box(4, 3, 16, 18)}M7.5 6.5h9v4h-9zM12.5 13L10 16.3h4L11.5 19`,
  robot: `M4 21h8M8 21v-6M8 15L6 8.5l8-4.5M14 4l4 4.5M16.5 11L18 8.5l2.5 1M18 8.5v4${o(6, 8.5, 1.6)}${o(14, 4, 1.4)}`,
  motor: `${box(4, 7.5, 13, 9)}M17 10.5h4v3h-4M7 7.5v9M10 7.5v9M13 7.5v9M6 16.5V19h9v-2.5`,
  drive: `${box(5, 3, 14, 18)}M8 12c1.3-5 2.7-5 4 0s2.7 5 4 0M9 18h6`,
  io: `${box(5, 3, 14, 18)}M9 7.5h.01M9 11h.01M9 14.5h.01M13 7.5h2.5M13 11h2.5M13 14.5h2.5M9 18h6.5`,
  sensor: `${o(12, 12, 3)}M12 2.5V6M12 18v3.5M2.5 12H6M18 12h3.5`,
  valve: 'M3.5 11v8l8.5-4 8.5 4v-8L12 15zM12 15V8M8 8h8M9.5 4.5h5V8h-5z',
  eye: `M2.5 12C5 7.5 8.3 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-5.8 6.5-9.5 6.5S5 16.5 2.5 12z${o(12, 12, 3)}`,
  barcode: 'M3.5 5.5v13M7 5.5v13M9.5 5.5v13M13 5.5v13M16 5.5v13M20.5 5.5v13',
  scale: `${box(3.5, 9, 17, 12)}M6 9a6 6 0 0 1 12 0M12 9l2-3M9 16h6`,
  panel: `${box(2.5, 4, 19, 16)}${box(5.5, 7, 9, 10, 1)}M18 8v.01M18 12v.01M18 16v.01`,
  scada: `${box(2.5, 4, 19, 13)}M6 13l3-3.5 2.5 2L16 7M8 20.5h8`,
  database:
    'M4.5 6c0-1.7 3.4-3 7.5-3s7.5 1.3 7.5 3-3.4 3-7.5 3-7.5-1.3-7.5-3zM4.5 6v12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3V6M4.5 12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3',
  wrench: 'M20.5 6.5a5 5 0 0 1-6.7 6L7 19.3a2 2 0 0 1-2.8-2.8L11 9.7a5 5 0 0 1 6-6.7l-3 3 .7 2.8 2.8.7z',
  heart:
    'M12 20.5C6 16 3 12.5 3 9a4.5 4.5 0 0 1 9-1 4.5 4.5 0 0 1 9 1c0 3.5-3 7-9 11.5zM5.5 12H9l1.5-2.5 2.5 4 1.3-1.5h3.2',
  drop: 'M12 3c4 4.5 6 7.7 6 11a6 6 0 0 1-12 0c0-3.3 2-6.5 6-11zM9 14.5a3 3 0 0 0 3 3',
  scan: `${o(12, 12, 4)}M3.5 8V5A1.5 1.5 0 0 1 5 3.5h3M16 3.5h3A1.5 1.5 0 0 1 20.5 5v3M20.5 16v3a1.5 1.5 0 0 1-1.5 1.5h-3M8 20.5H5A1.5 1.5 0 0 1 3.5 19v-3`,
  flask: 'M9 3h6M10 3v6l-5 9a2 2 0 0 0 1.7 3h10.6a2 2 0 0 0 1.7-3l-5-9V3M7.5 15h9',
  card: `${box(2.5, 5, 19, 14, 2)}M2.5 9.5h19M6 15h4`,
  sign: `${box(3, 4, 18, 10)}M12 14v7M8.5 21h7M7 9h10`,
  traffic: `${box(7.5, 2.5, 9, 17, 2)}${o(12, 6.8, 1.3)}${o(12, 11, 1.3)}${o(12, 15.2, 1.3)}M12 19.5V22`,
  globe: `${o(12, 12, 9)}M3 12h18M12 3c-5.5 5.5-5.5 12.5 0 18M12 3c5.5 5.5 5.5 12.5 0 18`,
  unknown: `${box(4, 4, 16, 16, 3)}M9.5 9.8a2.5 2.5 0 1 1 3.7 2.1c-.8.5-1.2 1-1.2 2${dot(12, 16.5)}`,
} as const

export type Glyph = keyof typeof glyphs

const byWord: [RegExp, Glyph][] = [
  [/^network_device$/, 'switch'],
  [/^computer$/, 'workstation'],
  [/^controller$/, 'plc'],
  [/smart_home|iot_device/, 'hub'],
  [/smart_switch/, 'plug'],
  [/domain_controller|pacs|telemetry_server/, 'server'],
  [/doorbell|siren/, 'bell'],
  [/video_conferencing/, 'camera'],
  [/test_instrument/, 'gauge'],
  [/network_tap/, 'eye'],
  [/console_server/, 'modem'],
  [/media_(device|server)|av_controller/, 'player'],
  [/^toy$|pet_feeder/, 'cube'],
  [/presenter/, 'projector'],
  [/historian|database/, 'database'],
  [/engineering|jump|asset_management/, 'wrench'],
  [/scada|opc_|mes_|bms_server|operator/, 'scada'],
  [/laptop/, 'laptop'],
  [/mobile|handheld/, 'phone'],
  [/tablet|e_reader/, 'tablet'],
  [/watch|wearable/, 'watch'],
  [/game/, 'gamepad'],
  [/virtual|hypervisor|container/, 'layers'],
  [/single_board|iot_module|management_controller/, 'chip'],
  [/firewall/, 'firewall'],
  [/vpn|ids_|nac|diode|remote_access|proxy/, 'shield'],
  [/load_balancer|wan_acc/, 'balance'],
  [/wireless_ap|wireless_controller|mesh/, 'ap'],
  [/kvm|switch/, 'switch'],
  [/router|cellular|sdwan/, 'router'],
  [/modem|ont_|media_converter|serial_device/, 'modem'],
  [/time_server|time_clock/, 'clock'],
  [/pdu|smart_plug/, 'plug'],
  [/ups|battery|generator/, 'battery'],
  [/nvr|dvr/, 'recorder'],
  [/nas|san_|tape|object_storage|backup|file_server/, 'nas'],
  [/3d_printer/, 'cube'],
  [/print|mfp|fax|plotter|document_scanner/, 'printer'],
  [/projector/, 'projector'],
  [/voip|dect|pbx|conference|phone/, 'deskphone'],
  [/camera|license_plate|video_enc/, 'camera'],
  [/lock|access_control|badge|turnstile|garage/, 'lock'],
  [/alarm_panel|alarm|intercom|nurse/, 'bell'],
  [/fire/, 'flame'],
  [/thermostat|thermal|environment|leak/, 'thermometer'],
  [/hvac|vav|chiller|purifier/, 'fan'],
  [/light/, 'bulb'],
  [/elevator/, 'elevator'],
  [/solar/, 'solar'],
  [/ev_charger|fuel/, 'charger'],
  [/bacnet|building|knx|room/, 'building'],
  [/meter|flow_computer|tank|pmu/, 'gauge'],
  [/sprinkler/, 'leaf'],
  [/streaming|set_top|av_receiver/, 'player'],
  [/tv|display|signage/, 'tv'],
  [/speaker|audio|paging/, 'speaker'],
  [/hub|gateway|concentrator/, 'hub'],
  [/appliance|vacuum|vending|medication/, 'appliance'],
  [/vehicle|agv|rail|ship/, 'car'],
  [/plc|pac|dcs|rtu|rack/, 'plc'],
  [/relay|merging/, 'relay'],
  [/robot|welding|cnc/, 'robot'],
  [/vfd|drive/, 'drive'],
  [/io_module|communication_module/, 'io'],
  [/valve|actuator/, 'valve'],
  [/vision/, 'eye'],
  [/barcode|rfid|price/, 'barcode'],
  [/scale/, 'scale'],
  [/hmi|panel/, 'panel'],
  [/pump|dialysis|glucose/, 'drop'],
  [/imaging|xray/, 'scan'],
  [/lab_/, 'flask'],
  [/patient|ventilator|ecg|anesthesia|telemetry|central/, 'heart'],
  [/pos_|payment|atm|checkout|ticket|kiosk/, 'card'],
  [/traffic/, 'traffic'],
  [/sign/, 'sign'],
  [/sensor|transmitter|detector|counter/, 'sensor'],
  [/internet/, 'globe'],
  [/server|mainframe|pacs|appliance/, 'server'],
  [/workstation|client|desktop/, 'workstation'],
]

/** The picture of a type of the taxonomy. */
export function glyphOf(type: string | undefined, category?: string): Glyph {
  if (type) {
    for (const [word, glyph] of byWord) if (word.test(type)) return glyph
  }
  switch (category ?? taxonomy[type ?? '']?.[1]) {
    case 'it':
      return 'workstation'
    case 'iot':
      return 'chip'
    case 'ot':
      return 'plc'
    case 'network':
      return 'switch'
    case 'medical':
      return 'heart'
    default:
      return 'unknown'
  }
}
