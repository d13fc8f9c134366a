using System.Text.RegularExpressions;

namespace AgentWarden.Tests;

/// <summary>Who may know whom, read from the sources.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>Floors that another floor may know, by the shared files beside its rooms: kinds and their words. All know the kernel and themselves.</summary>
    private static readonly (string Floor, string Knows)[] Arrows = [("Admission", "Credentials")];

    /// <summary>Rooms that the other rooms of their floor may know.</summary>
    private static readonly string[] SharedRooms =
        ["Credentials.CredentialReading", "Platform.CloudEvents", "Platform.Hosting", "Platform.Authentication"];

    /// <summary>Names whose lines are noise.</summary>
    private const string LogCategories = "Kernel/Telemetry/StdoutLogging.cs";

    private static readonly IReadOnlyList<SourceFile> Sources = SourceFiles.Of("functions");

    [Fact]
    public void The_sources_are_found() => Assert.True(Sources.Count > 100);

    [Fact]
    public void A_floor_knows_only_the_kernel_and_itself() => Assert.Empty(Uses()
        .Where(u => Floor(u.File) is not ("" or "Kernel") && !IsComposition(u.File) && u.Floor != Floor(u.File) && u.Floor != "Kernel")
        .Where(u => !(u.Room is "" && Arrows.Contains((Floor(u.File), u.Floor))))
        .Select(u => $"{u.File} knows {u.Floor}.{u.Room}: what two floors share belongs into Kernel, what joins them into Platform/Composition."));

    [Fact]
    public void A_room_knows_no_other_room_of_its_floor() => Assert.Empty(Uses()
        .Where(u => u.Floor == Floor(u.File) && u.Floor != "Kernel" && !IsComposition(u.File) && u.Room is not "" && u.Room != Room(u.File))
        .Where(u => !SharedRooms.Contains($"{u.Floor}.{u.Room}", StringComparer.Ordinal))
        .Select(u => $"{u.File} knows {u.Floor}.{u.Room}: what two rooms share belongs beside them on their floor, what joins them into Platform/Composition."));

    [Fact]
    public void The_kernel_knows_no_floor() => Assert.Empty(Uses()
        .Where(u => Floor(u.File) == "Kernel" && u.Floor != "Kernel")
        .Select(u => $"{u.File} knows {u.Floor}.{u.Room}: pass it in as an interface of Kernel/Contracts, or move the file to that floor."));

    [Fact]
    public void Only_the_planning_and_the_client_itself_write_to_the_cluster() =>
        Assert.Empty(Outside("IKubernetesWriter", "Kernel/Planning/", "Kernel/Kubernetes/", "Platform/Composition/"));

    [Fact]
    public void Only_the_composition_holds_the_client_that_can_do_everything() =>
        Assert.Empty(Outside(@"(?<!I)KubernetesClient(Options)?", "Kernel/Kubernetes/", "Platform/Composition/"));

    /// <summary>A function class may know it, because its triggers are its signature; what it does is in its handler, which may not.</summary>
    [Fact]
    public void Only_the_hosting_and_the_function_classes_know_a_web_framework() => Assert.DoesNotContain(
        Outside(@"Microsoft\.AspNetCore", "Platform/Hosting/", "Platform/Composition/", "Platform/ExternalScaler/", "Platform/Telemetry/",
            "Kernel/Contracts/IFunctionEntry.cs", LogCategories),
        f => !f.EndsWith("Function.cs", StringComparison.Ordinal));

    [Fact]
    public void Only_the_function_classes_and_the_composition_know_the_Functions_worker() => Assert.DoesNotContain(
        Outside(@"Microsoft\.Azure\.Functions", "Platform/Hosting/FunctionCatalog.cs", "Platform/Composition/Commands/WorkerCommand.cs", "Kernel/Contracts/IFunctionEntry.cs"),
        f => !f.EndsWith("Function.cs", StringComparison.Ordinal));

    [Fact]
    public void Only_its_room_knows_OpenTelemetry_and_only_the_scaler_knows_gRPC()
    {
        Assert.Empty(Outside("OpenTelemetry", "Platform/Telemetry/", LogCategories, "Platform/Composition/Commands/WorkerCommand.cs"));
        Assert.Empty(Outside(@"using Grpc", "Platform/ExternalScaler/"));
    }

    [Fact]
    public void A_secret_is_revealed_only_where_it_is_sent_checked_or_digested() =>
        Assert.Empty(Outside(@"\.Reveal", "Kernel/Planning/PlanBodies.cs", "Kernel/Secrets/SecretValue.cs", "Credentials/MasterKey.cs", "Credentials/CredentialSecret.cs"));

    /// <summary>Namespaces of ours that a file uses, by a using directive or in full.</summary>
    private static IEnumerable<(string File, string Floor, string Room)> Uses() =>
        Sources.SelectMany(f => OurNamespace().Matches(f.Text).Select(m => (f.Path, m.Groups["floor"].Value, m.Groups["room"].Value)).Distinct());

    private static IEnumerable<string> Outside(string what, params string[] allowed) => Sources
        .Where(f => !Array.Exists(allowed, a => f.Path.StartsWith(a, StringComparison.Ordinal)) && Regex.IsMatch(Code(f.Text), $@"(?<!\w){what}\b", RegexOptions.None, TimeSpan.FromSeconds(5)))
        .Select(f => f.Path);

    /// <summary>Without comments: a cref is no dependency.</summary>
    private static string Code(string text) => Comment().Replace(text, "");

    private static string Floor(string path) => path.Split('/') is [var floor, _, ..] ? floor : "";

    private static string Room(string path) => path.Split('/') is [_, var room, _, ..] ? room : "";

    /// <summary>What puts all together, and so knows all.</summary>
    private static bool IsComposition(string path) => path.StartsWith("Platform/Composition/", StringComparison.Ordinal);

    [GeneratedRegex(@"(^using (static )?(\w+ = )?AgentWarden|(?<!^namespace )AgentWarden)\.(?<floor>[A-Z]\w+)(\.(?<room>[A-Z]\w+))?(?=[.;])", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex OurNamespace();

    [GeneratedRegex("//.*$", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Comment();
}
