using System.Text.Json;

namespace AgentWarden.AzureTests;

/// <summary>
/// The functions as <c>infra/Azure/functions.json</c> lists them. That it lists what the program declares is a test of Functions.Tests
/// (AzureFunctionsTests), which knows the program.
/// </summary>
internal sealed record DeclaredFunctions(IReadOnlyList<string> Event, IReadOnlyList<string> Admission)
{
    public static DeclaredFunctions Read()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(BicepProgram.Source, "functions.json")));
        return new(Names(document, "event"), Names(document, "admission"));
    }

    private static string[] Names(JsonDocument document, string property) =>
        [.. document.RootElement.GetProperty(property).EnumerateArray().Select(n => n.GetString()!)];
}
