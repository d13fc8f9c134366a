using System.Net;
using System.Text;
using System.Text.Json;

namespace AgentWarden.ControlPlane.Tests;

/// <summary>Just enough Kubernetes for these tests, by plain HTTP.</summary>
internal static class KubernetesRequests
{
    internal static async Task<string> CreateAsync(this HttpClient client, string path, object body)
    {
        using var content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Created, text);
        using var created = JsonDocument.Parse(text);
        return created.RootElement.GetProperty("metadata").TryGetProperty("uid", out var uid) ? uid.GetString()! : "";
    }

    internal static async Task<HttpStatusCode> StatusAsync(this HttpClient client, string path)
    {
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative));
        return response.StatusCode;
    }

    internal static async Task<HttpStatusCode> RemoveAsync(this HttpClient client, string path)
    {
        using var response = await client.DeleteAsync(new Uri(path, UriKind.Relative));
        return response.StatusCode;
    }

    internal static object ConfigMap(string name, params object[] owners) => new
    {
        apiVersion = "v1",
        kind = "ConfigMap",
        metadata = new { name, ownerReferences = owners },
    };
}
