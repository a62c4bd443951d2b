// swift-tools-version: 6.0
// The Swift package over the C library, which pkg-config finds (rejoin.pc); or, on Apple's systems, over an XCFramework
// in this folder that REJOIN_XCFRAMEWORK names (../docs/ios.md). Nothing else is needed.
import PackageDescription

let library: Target
if let framework = Context.environment["REJOIN_XCFRAMEWORK"] {
    library = .binaryTarget(name: "CRejoin", path: framework)
} else {
    library = .systemLibrary(name: "CRejoin", pkgConfig: "rejoin")
}

let package = Package(
    name: "Rejoin",
    platforms: [.macOS(.v13), .iOS(.v16), .tvOS(.v16), .watchOS(.v9), .visionOS(.v1)],
    products: [
        .library(name: "Rejoin", targets: ["Rejoin"])
    ],
    targets: [
        library,
        .target(
            name: "Rejoin", dependencies: ["CRejoin"],
            linkerSettings: [
                // What the static libraries in the XCFramework take from the system.
                .linkedLibrary("iconv", .when(platforms: [.iOS])),
                .linkedLibrary("resolv", .when(platforms: [.iOS])),
                .linkedLibrary("z", .when(platforms: [.iOS])),
                .linkedFramework("CoreFoundation", .when(platforms: [.iOS])),
            ]),
        .executableTarget(name: "join-channel", dependencies: ["Rejoin"], path: "Examples/JoinChannel"),
        .target(name: "ChannelView", dependencies: ["Rejoin"], path: "Examples/ChannelView"),
        .executableTarget(name: "swift-delegate", dependencies: ["Rejoin", "CRejoin"], path: "Benches/SwiftDelegate"),
        .executableTarget(name: "leak-rounds", dependencies: ["Rejoin"], path: "Tests/LeakRounds"),
        .executableTarget(name: "scenario-player", dependencies: ["Rejoin"], path: "Tests/ScenarioPlayer"),
        .testTarget(name: "RejoinTests", dependencies: ["Rejoin", "CRejoin", "ChannelView"]),
    ]
)
