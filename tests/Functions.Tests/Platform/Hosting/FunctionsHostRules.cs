using System.Net;
using System.Text.Json;

namespace AgentWarden.Tests.Platform.Hosting;

/// <summary>What the Azure Functions host makes of a custom handler's answer: a stand-in written from its source, quirks included.</summary>
internal static class FunctionsHostRules
{
    public static async Task<(Verdict Verdict, JsonElement Answer)> JudgeAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStringAsync();
        if ((int)response.StatusCode is < 200 or >= 300)
        {
            return (Verdict.Failure, default);
        }

        if (body.Length == 0 || body == "null")
        {
            return (Verdict.HangsUntilTimeout, default);
        }

        if (response.Content.Headers.ContentType?.MediaType != "application/json")
        {
            return (Verdict.Failure, default);
        }

        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var logs = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("Logs", out var l) ? l.EnumerateArray().ToList() : [];
        return root.ValueKind == JsonValueKind.Object && logs.TrueForAll(x => x.ValueKind == JsonValueKind.String) ? (Verdict.Success, root.Clone()) : (Verdict.Failure, default);
    }

    /// <summary>Sends a call as the host does.</summary>
    public static async Task<HttpResponseMessage> CallAsync(HttpClient client, string function, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/{function}") { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Version = HttpVersion.Version11 };
        request.Headers.Add("User-Agent", "Azure-Functions-Host/4.1037.0.0");
        request.Headers.Add("X-Azure-Functions-InvocationId", "0b5bbf4e-0000-4000-8000-000000000001");
        request.Headers.Add("X-Azure-Functions-HostVersion", "4.1037.0.0");
        return await client.SendAsync(request);
    }
}

internal enum Verdict
{
    Success,
    Failure,
    HangsUntilTimeout,
}
