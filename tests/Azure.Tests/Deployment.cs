using System.Text.Json;

namespace AgentWarden.AzureTests;

/// <summary>
/// What <c>main.bicep</c> would deploy: loops unrolled, conditions decided, names computed, by bicep's own snapshot.
/// Made once for all tests.
/// </summary>
internal sealed class Deployment
{
    private static readonly Lazy<Task<Deployment>> Example = new(() => PredictAsync(""));
    private static readonly Lazy<Task<Deployment>> Smallest = new(() => PredictAsync("""
        using 'main.bicep'
        param monitoring = false
        """));

    private Deployment(JsonElement snapshot)
    {
        Resources = [.. snapshot.GetProperty("predictedResources").EnumerateArray().Select(r => new Resource(r))];
        Outputs = snapshot.GetProperty("outputs");
    }

    public IReadOnlyList<Resource> Resources { get; }

    public JsonElement Outputs { get; }

    /// <summary>By the committed <c>main.bicepparam</c>.</summary>
    public static Task<Deployment> ExampleAsync() => Example.Value;

    /// <summary>With everything off that can be off.</summary>
    public static Task<Deployment> SmallestAsync() => Smallest.Value;

    public IReadOnlyList<Resource> Of(string type) => [.. Resources.Where(r => r.Type == type)];

    public Resource One(string type) => Assert.Single(Of(type));

    private static async Task<Deployment> PredictAsync(string parameters)
    {
        using var bicep = new BicepProgram();
        if (parameters.Length > 0)
        {
            await File.WriteAllTextAsync(Path.Combine(bicep.Folder, "main.bicepparam"), parameters);
        }

        var (exitCode, said) = await bicep.RunAsync("snapshot", "main.bicepparam", "--mode", "Overwrite", "--location", "westeurope",
            "--tenant-id", "00000000-0000-0000-0000-000000000002", "--subscription-id", "00000000-0000-0000-0000-000000000001",
            "--resource-group", "agents");
        Assert.True(exitCode == 0, said);
        using var snapshot = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(bicep.Folder, "main.snapshot.json")));
        return new(snapshot.RootElement.Clone());
    }
}
