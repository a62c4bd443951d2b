// Plays a plan through the Swift package, and prints what was heard.
import Dispatch
import Rejoin

/// A client of the plan, which hears its own events.
final class PlayerClient: RtcEngineDelegate, @unchecked Sendable {  // all of it on the player's queue
    private unowned let player: Player
    let name: String
    fileprivate(set) var engine: RtcEngineKit?
    fileprivate var isFreed = false

    init(_ player: Player, _ name: String) {
        self.player = player
        self.name = name
    }

    func rtcEngine(_ engine: RtcEngineKit, didReceive event: RtcEvent) {
        player.hear(self, engine, event)
    }

    fileprivate func take(_ step: PlanStep) -> Int32? {
        guard let engine else { return nil }
        guard step.verb == "free" else { return engine.take(step.verb, step.values) }
        if isFreed { return StatusCode.notInitialized.rawValue }
        isFreed = true
        engine.destroy()
        return 0
    }
}

/// Everything happens on its queue: the simulation runs there, and real engines tell their events there.
final class Player: @unchecked Sendable {
    private static let watchEvery = Duration.milliseconds(250)  // of virtual time
    private static let lookEvery = DispatchTimeInterval.milliseconds(2)  // of real time

    private let queue = DispatchQueue(label: "player")
    private let plan: Plan
    private let simulation: Simulation?
    private var edges: [String: Edge] = [:]
    private var clients: [String: PlayerClient] = [:]
    /// What was told of each watch.
    private var told: [Duration?]
    private var isOver: [Bool]  // of each hook

    /// Makes the edges and then the clients, in the order in which the plan names them.
    init(_ plan: Plan) throws {
        self.plan = plan
        told = plan.watches.map { _ in nil }
        isOver = plan.hooks.map { _ in false }
        simulation = try plan.isSimulated ? Simulation(seed: plan.seed, wallClock: plan.wall) : nil
        for node in plan.edges {
            let config = EdgeConfig(node.values)
            edges[node.name] = try simulation?.edge(config) ?? Edge(config)
        }
        for node in plan.clients {
            let client = PlayerClient(self, node.name)
            let names = (node.values.text("edge") ?? "").split(separator: ",")
            let own = names.compactMap { edges[String($0)] }
            if own.count < names.count { fatalError("an edge of \(node.name) is not there") }
            let config = RtcEngineConfig(node.values, edges: own, queue: queue)
            client.engine =
                try simulation?.client(config: config, delegate: client)
                ?? RtcEngineKit(config: config, delegate: client)
            clients[node.name] = client
        }
    }

    /// From the first step to the end.
    func play() throws {
        let origin = now
        print("origin", nanoseconds(origin), separator: "\t")
        if let simulation {
            try queue.sync { try play(in: simulation, origin) }
        } else {
            playForReal(origin)
        }
    }

    private func play(in simulation: Simulation, _ origin: Duration) throws {
        for (at, step) in plan.steps {
            try run(simulation, until: origin + at)
            take(step)
        }
        try run(simulation, until: origin + plan.end)
    }

    /// What is due is done in one go, without a turn of the queue in between: files say "at once".
    private func playForReal(_ origin: Duration) {
        var left = plan.steps[...]
        while let first = left.first {
            wait(until: origin + first.at)
            queue.sync {
                while let (at, step) = left.first, origin + at <= now {
                    take(step)
                    left.removeFirst()
                }
            }
        }
        wait(until: origin + plan.end)
    }

    // MARK: - Time

    private var now: Duration {
        guard let now = simulation?.now ?? clients.values.first?.engine?.now ?? edges.values.first?.now else {
            fatalError("a plan without clients and edges")
        }
        return now
    }

    private func wait(until: Duration) {
        let never = DispatchSemaphore(value: 0)
        while now < until {
            _ = never.wait(timeout: .now() + Self.lookEvery)
            queue.sync { watch() }
        }
    }

    /// Also where the time has come already: what waits is heard before the next step.
    private func run(_ simulation: Simulation, until: Duration) throws {
        repeat {
            let rest = until - simulation.now
            try simulation.run(for: plan.watches.isEmpty ? rest : min(rest, Self.watchEvery))
            watch()
        } while simulation.now < until
    }

    // MARK: - What is done and heard

    private func take(_ step: PlanStep) {
        watch()
        if let edge = edges[step.actor], step.verb == "members" {
            let words = edge.members(step.values).map { "\t\($0)" }
            print("result\t\(step.index)\(words.joined())")
            return
        }
        guard let status = status(of: step) else { fatalError("\(step.actor) does not know how to \(step.verb)") }
        print("result", step.index, status, separator: "\t")
    }

    private func status(of step: PlanStep) -> Int32? {
        if let client = clients[step.actor] { return client.take(step) }
        if let edge = edges[step.actor] { return edge.take(step.verb, step.values) }
        return simulation?.take(step.values) ?? StatusCode.notSupported.rawValue
    }

    fileprivate func hear(_ client: PlayerClient, _ engine: RtcEngineKit, _ event: RtcEvent) {
        watch()
        print(event.line(client: client.name, lastHeard: engine.lastHeard))
        for (index, hook) in plan.hooks.enumerated() where !isOver[index] && hook.client == client.name {
            guard hook.event == event.name, hook.fields.isPart(of: event.fields) else { continue }
            isOver[index] = true
            take(hook.step)
        }
    }

    /// Tells when the edges last heard the members that are watched, where that changed.
    private func watch() {
        for (index, watch) in plan.watches.enumerated() {
            let heard = try? edges[watch.edge]?.lastHeard(channel: watch.channel, uid: watch.uid)
            guard let heard, heard != told[index] else { continue }
            told[index] = heard
            print(
                "heard", nanoseconds(now), watch.edge, watch.channel, watch.uid, nanoseconds(heard), separator: "\t")
        }
    }
}
