// swift-tools-version: 6.0
// The Swift package over the C library, which pkg-config finds (rejoin.pc). Nothing else is needed.
import PackageDescription

let package = Package(
    name: "Rejoin",
    platforms: [.macOS(.v13), .iOS(.v16), .tvOS(.v16), .watchOS(.v9), .visionOS(.v1)],
    products: [
        .library(name: "Rejoin", targets: ["Rejoin"])
    ],
    targets: [
        .systemLibrary(name: "CRejoin", pkgConfig: "rejoin"),
        .target(name: "Rejoin", dependencies: ["CRejoin"]),
        .executableTarget(name: "join-channel", dependencies: ["Rejoin"], path: "Examples/JoinChannel"),
        .target(name: "ChannelView", dependencies: ["Rejoin"], path: "Examples/ChannelView"),
        .executableTarget(name: "swift-delegate", dependencies: ["Rejoin", "CRejoin"], path: "Benches/SwiftDelegate"),
        .executableTarget(name: "leak-rounds", dependencies: ["Rejoin"], path: "Tests/LeakRounds"),
        .testTarget(name: "RejoinTests", dependencies: ["Rejoin", "CRejoin", "ChannelView"]),
    ]
)
