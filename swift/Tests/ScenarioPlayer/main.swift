// The player in Swift: a plan on standard input, a recording on standard output.
//
//     scenario-player < PLAN > RECORDING
let lines = sequence(state: ()) { _ in readLine() }
try Player(Plan(lines: lines)).play()
