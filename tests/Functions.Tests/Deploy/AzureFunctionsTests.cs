using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Tests.Deploy;

/// <summary>infra/Azure makes a queue and a subscription for each function in its functions.json: each that the program has.</summary>
public sealed class AzureFunctionsTests
{
    private static readonly string File = Path.Combine(DeployFiles.RepositoryRoot, "infra", "Azure", "functions.json");

    [Fact]
    public async Task The_file_lists_the_functions_of_the_program()
    {
        var (events, admission) = Declared();
        var declared = $$"""
            {
              "event": [
            {{Lines(events)}}
              ],
              "admission": [
            {{Lines(admission)}}
              ]
            }

            """;
        if (Environment.GetEnvironmentVariable("REFRESH_GOLDEN") == "1")
        {
            await System.IO.File.WriteAllTextAsync(File, declared);
        }

        var listed = await System.IO.File.ReadAllTextAsync(File);
        Assert.True(
            string.Equals(listed, declared, StringComparison.Ordinal),
            "A function was added, renamed or removed: in Azure it would have no queue, or a queue that nobody reads. "
                + "Write infra/Azure/functions.json anew: REFRESH_GOLDEN=1 dotnet test tests/Functions.Tests --filter AzureFunctions. "
                + $"It would be:\n{declared}");
    }

    /// <summary>The one place that knows how the program declares its functions.</summary>
    private static (IEnumerable<string> Events, IEnumerable<string> Admission) Declared()
    {
        var functions = AllFunctions.Compose();
        return (functions.OfType<IEventHandler>().Select(f => f.Name), functions.OfType<IHttpHandler>().Select(f => f.Name));
    }

    private static string Lines(IEnumerable<string> names) =>
        string.Join(",\n", names.Order(StringComparer.Ordinal).Select(n => $"    \"{n}\""));
}
