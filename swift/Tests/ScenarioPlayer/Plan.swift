// A plan, as `python -m rejoin play --plan` prints it: a line per thing, its words separated by tabs
// (rejoin.scenario.plan says what they are).

/// name=value, and so on.
struct PlanValues {
    private let texts: [String: String]

    init(_ words: some Sequence<String>) {
        var texts: [String: String] = [:]
        for word in words {
            guard let equals = word.firstIndex(of: "=") else { fatalError("no value of a plan: \(word)") }
            texts[String(word[..<equals])] = String(word[word.index(after: equals)...])
        }
        self.texts = texts
    }

    /// What recordings and plans write of an event.
    func isPart(of fields: [(name: String, text: String)]) -> Bool {
        texts.allSatisfy { name, text in fields.contains { $0.name == name && $0.text == text } }
    }

    func text(_ name: String) -> String? { texts[name] }

    func number<Number: FixedWidthInteger>(_ name: String) -> Number? {
        texts[name].map { text in
            guard let number = Number(text) else { fatalError("\(name) is no number that fits: \(text)") }
            return number
        }
    }

    func real(_ name: String) -> Double? {
        texts[name].map { text in
            guard let number = Double(text) else { fatalError("\(name) is no number: \(text)") }
            return number
        }
    }

    func duration(_ name: String) -> Duration? { number(name).map { .nanoseconds($0 as Int64) } }

    func isTrue(_ name: String) -> Bool { number(name) ?? 0 != 0 }
}

/// Something that an actor does.
struct PlanStep {
    let index: Int
    let actor: String
    let verb: String
    let values: PlanValues
}

struct Plan {
    /// What a client does inside a callback, once.
    struct Hook {
        let client: String
        let event: String
        let fields: PlanValues
        let step: PlanStep
    }

    /// An edge or a client.
    struct Node {
        let name: String
        let values: PlanValues
    }

    /// A member whose `lastHeard` at an edge is to be told.
    struct Watch {
        let edge: String
        let channel: String
        let uid: UInt
    }

    private(set) var isSimulated = true
    private(set) var seed: UInt64 = 0
    private(set) var wall = Duration.zero
    private(set) var end = Duration.zero
    private(set) var edges: [Node] = []
    private(set) var clients: [Node] = []
    private(set) var watches: [Watch] = []
    private(set) var hooks: [Hook] = []
    /// By their times, which count from the beginning.
    private(set) var steps: [(at: Duration, step: PlanStep)] = []

    /// A line that is none of a plan ends the program with a message.
    init(lines: some Sequence<String>) {
        for line in lines where !line.isEmpty {
            let words = line.split(separator: "\t", omittingEmptySubsequences: false).map(unescaped)
            if !take(words[...]) { fatalError("this is no line of a plan: \(line)") }
        }
    }

    private mutating func take(_ words: ArraySlice<String>) -> Bool {
        guard words.count >= 2 else { return false }
        let (first, rest) = (words[1], words.dropFirst(2))
        switch words[0] {
        case "world":
            isSimulated = first == "sim"
        case "seed":
            guard let seed = UInt64(first) else { return false }
            self.seed = seed
        case "wall":
            guard let seconds = Int64(first) else { return false }
            wall = .seconds(seconds)
        case "end":
            guard let end = Int64(first) else { return false }
            self.end = .nanoseconds(end)
        case "edge":
            edges.append(Node(name: first, values: PlanValues(rest)))
        case "client":
            clients.append(Node(name: first, values: PlanValues(rest)))
        case "watch":
            guard words.count == 4, let uid = UInt(words[3]) else { return false }
            watches.append(Watch(edge: first, channel: words[2], uid: uid))
        case "on":
            guard let event = rest.first, let then = words.firstIndex(of: "then"),
                let step = PlanStep(words[(then + 1)...])
            else { return false }
            hooks.append(Hook(client: first, event: event, fields: PlanValues(words[3..<then]), step: step))
        case "at":
            guard let time = Int64(first), let step = PlanStep(rest) else { return false }
            steps.append((.nanoseconds(time), step))
        default:
            return false
        }
        return true
    }
}

extension PlanStep {
    /// INDEX ACTOR VERB NAME=VALUE …; nil: these words are none.
    fileprivate init?(_ words: ArraySlice<String>) {
        let start = words.startIndex
        guard words.count >= 3, let index = Int(words[start]) else { return nil }
        self.init(
            index: index, actor: words[start + 1], verb: words[start + 2], values: PlanValues(words.dropFirst(3)))
    }
}

private func unescaped(_ word: Substring) -> String {
    var text = ""
    var isEscaped = false
    for character in word {
        if isEscaped {
            text.append(character == "t" ? "\t" : character == "n" ? "\n" : character)
            isEscaped = false
        } else if character == "\\" {
            isEscaped = true
        } else {
            text.append(character)
        }
    }
    return text
}
