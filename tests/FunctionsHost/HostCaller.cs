using System.Net.Http.Headers;
using System.Text;

namespace AgentWarden.FunctionsHost;

/// <summary>Somebody outside who calls the functions of a host.</summary>
internal sealed class HostCaller(Uri address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromMinutes(3),
    };

    /// <param name="method">Of HTTP.</param>
    /// <param name="path">With its query.</param>
    /// <param name="body">Null for none.</param>
    /// <param name="contentType">Of the body.</param>
    /// <param name="headers">More headers.</param>
    public async Task<HostAnswer> CallAsync(
        string method, string path, string? body = null, string contentType = "application/json",
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using var response = await _http.SendAsync(request);
        var answered = response.Headers.ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase);
        return new((int)response.StatusCode, await response.Content.ReadAsStringAsync(), answered);
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>What a host answered.</summary>
internal sealed record HostAnswer(int Status, string Body, IReadOnlyDictionary<string, string> Headers);
