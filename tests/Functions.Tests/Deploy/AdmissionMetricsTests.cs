using System.Text.Json.Nodes;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;
using AgentWarden.Tests.Kernel.Admission;
using AgentWarden.Tests.Platform.Telemetry;

namespace AgentWarden.Tests.Deploy;

/// <summary>The verdicts of the admission functions as the program composes them are in the metrics.</summary>
public sealed class AdmissionMetricsTests
{
    [Theory]
    [InlineData("CredentialInjection", "Pod", "UPDATE", "allowed")]
    [InlineData("ResourceValidation", "LLMProvider", "CREATE", "denied")]
    public async Task A_verdict_is_counted_by_function_and_outcome(string function, string kind, string operation, string outcome)
    {
        var meter = $"Test.{function}";
        await using var page = await MetricsPage.StartAsync(meter);
        using var metrics = new AgentWardenMetrics(meter);
        using var functions = AllFunctions.Functions(metrics);
        // An apiKey provider without its apiKey.
        var thing = JsonNode.Parse("""{"metadata":{"name":"x"},"spec":{"provider":"anthropic","auth":{"type":"apiKey"},"allowedModels":["m"],"namespaceSelector":{}}}""");
        var body = Reviews.Of(kind == "Pod" ? "" : "llmwarden.io", kind, operation, thing);
        await functions.Handlers.OfType<IHttpHandler>().Single(f => f.Name == function).HandleAsync(Reviews.Post(body), CancellationToken.None);
        await page.SaysAsync($"agentwarden_admission_reviews_total{{function=\"{function}\",outcome=\"{outcome}\"}} 1\n");
    }
}
