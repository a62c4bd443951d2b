// The player in Swift: a plan on standard input, a recording on standard output.
//
//     scenario-player < PLAN > RECORDING
let lines = sequence(state: ()) { _ in readLine() }
let player = try Player(Plan(lines: lines))  // lives as long as the program: its queue may still tell events
try player.play()
